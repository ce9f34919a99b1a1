// What the tester's tools of the platform exchange: faults, snapshots, recordings.

export type FaultSide = 'api' | 'push'
export type FaultKind = 'errcode' | 'status' | 'delay' | 'drop' | 'duplicate' | 'reorder'

export const FAULT_KINDS: Record<FaultSide, FaultKind[]> = {
  api: ['errcode', 'status', 'delay', 'drop'],
  push: ['delay', 'drop', 'duplicate', 'reorder'],
}

export interface FaultOrder {
  side: FaultSide
  kind: FaultKind
  appid: string
  target: string
  rate: number
  errcode: number
  delay_s: number
}

export interface Fault extends FaultOrder {
  id: number
  status: number
  times: number | null
  hits: number
}

export interface Snapshot {
  name: string
  now: number
  saved_at: number
}

export interface Recording {
  running: boolean
  appid: string | null
  length: number
}
