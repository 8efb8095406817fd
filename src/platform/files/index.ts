export type { StoredFile } from './file-description.ts'
export { FileStore, InfectedFileError } from './file-store.ts'
export type { ScannerAddress } from './virus-scanner.ts'
export { parseScannerAddress, VirusScanner } from './virus-scanner.ts'
