/** The platform's event stream. */
export const EVENTS_URL = '/_platform/events'
