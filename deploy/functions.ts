import { callback } from '../functions/callback/function.js';
import { poll } from '../functions/poll/function.js';
import { submit } from '../functions/submit/function.js';

/** Every function that is built and can be deployed. */
export const FUNCTIONS = [poll, submit, callback] as const;
