import { seconds, type Millis } from '../domain/units.js';

/** What a queue leaves of a run after its last request, for the run's closing log line: the platform would kill it without one. */
export const CLOSING_TIME: Millis = seconds(1);
