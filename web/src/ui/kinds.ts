// What a colour means, the same in pills, bars and timelines.
export type Kind = 'ok' | 'warn' | 'bad' | 'wait' | 'info'
