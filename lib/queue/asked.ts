import { brief } from '../domain/brief.js';

/** What was asked of which queue, for an error's message. */
export interface Asked {
  readonly action: string;
  readonly queueUrl: string;
}

/** How much of the service's own words a message repeats. */
const MAX_WORDS = 200;

/** An error's message: what was asked, how it failed in the service's words, its request ID, and what to do. One line. */
export function failureSentence(
  { action, queueUrl }: Asked,
  words: string,
  { requestId, advice }: { readonly requestId: string | undefined; readonly advice: string | undefined },
): string {
  const said = words.slice(0, MAX_WORDS).replace(/[\s\p{Cc}]+/gu, ' ');
  const id = requestId === undefined ? '' : ` (request ID ${brief(requestId)})`;
  return `${action} on ${queueUrl} failed with ${said}${id}${advice === undefined ? '' : `; ${advice}`}`;
}
