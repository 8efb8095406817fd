import type { RefObject } from 'react'
import { useEffect, useRef } from 'react'

/** A box that scrolls by itself, so that what is marked in it is seen; `when` changes with what is marked. */
export function useKeptInView(marked: string, when: unknown): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `when` says that another one is marked
  useEffect(() => {
    const one = box.current?.querySelector(marked)
    if (!box.current || !one) return
    const [outer, inner] = [box.current.getBoundingClientRect(), one.getBoundingClientRect()]
    const room = inner.height
    if (inner.bottom > outer.bottom) box.current.scrollTop += inner.bottom - outer.bottom + room
    else if (inner.top < outer.top) box.current.scrollTop -= outer.top - inner.top + room
  }, [marked, when])
  return box
}
