/** The platform's event stream, of what the pages show. */
export const EVENTS_URL = '/_platform/events?names=chat,rows,clock,state,typing,snapshot'
