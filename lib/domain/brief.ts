/** How much of a foreign text a message or a log line quotes: no name of the service is longer, and no log or dead letter should be. */
const MAX_QUOTE = 100;

/** The beginning of a text that came from outside, for messages and logs. */
export function brief(text: string): string {
  return text.slice(0, MAX_QUOTE);
}
