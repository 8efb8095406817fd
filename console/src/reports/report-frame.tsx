import { Box } from '@mantine/core'
import { Problem, problemOf } from '../api/problem.ts'
import { nonce } from '../parts/nonce.ts'

/**
 * A report as a web page, shut in: without scripts, without an origin, and under the console's own policy, which lets its
 * one style sheet pass by the nonce.
 */
export function ReportFrame({ html, title }: { html: string; title: string }) {
  const shown = html.replace('<style>', `<style nonce="${nonce}">`)
  return <Box component="iframe" className="report-frame" sandbox="" srcDoc={shown} title={title} />
}

/** The page of a report that is ready. @throws Problem */
export async function pageOf(reportId: string): Promise<string> {
  const headers = { 'x-clientele-console': '1' }
  const response = await fetch(`/api/v1/reports/${reportId}/download`, { headers }).catch((cause: unknown) => {
    throw new Problem(0, { code: 'offline', message: String(cause), faults: [] })
  })
  if (!response.ok) throw problemOf(response, await response.json().catch(() => null))
  return response.text()
}
