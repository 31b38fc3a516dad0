/** So many receives in a row that bring nothing but what was there already: the queue has gone round. A single one may just be a message that came twice. */
const ROUNDS_WITHOUT_NEWS = 3;

/** A message by its name in the queue. */
interface Named {
  readonly id: string;
}

/**
 * The messages of a queue, each once, by receiving until it shows no more: those that were received are hidden meanwhile, but may come again when
 * that takes long.
 *
 * @param receive must wait for messages, so that an empty answer means that there are none
 */
export async function* receiveAll<T extends Named>(
  receive: () => Promise<readonly T[]>,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  for (let withoutNews = 0; withoutNews < ROUNDS_WITHOUT_NEWS;) {
    const messages = await receive();
    if (messages.length === 0) return;
    const fresh = messages.filter(({ id }) => !seen.has(id));
    withoutNews = fresh.length === 0 ? withoutNews + 1 : 0;
    for (const message of fresh) {
      seen.add(message.id);
      yield message;
    }
  }
}
