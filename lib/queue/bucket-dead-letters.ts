import { basename } from 'node:path/posix';
import pMap from 'p-map';
import * as v from 'valibot';
import { CosClient, type CosClientEffects, type CosClientPolicy } from '../cos/client.js';
import type { ListedObject } from '../cos/list-objects.js';
import { deleteObject, getObject } from '../cos/objects.js';
import { brief } from '../domain/brief.js';
import { parseRfc3339 } from '../domain/rfc3339.js';
import type { EpochMs } from '../domain/units.js';
import { abortable } from './abortable.js';
import { bucketError } from './bucket-errors.js';
import { UNREADABLE, type DeadLetterRecord, type DeadLetters, type RemoveResult } from './dead-letters.js';
import { everyObject } from './every-object.js';
import { parseMessage, quote, type JobDefaults } from './message.js';
import type { BucketQueueAddress } from './queue-url.js';

/** Which prefix, and how to reach and to read it. */
export interface BucketDeadLettersOptions {
  readonly deadLetters: BucketQueueAddress;
  readonly defaults: JobDefaults;
  readonly client: CosClientPolicy;
}

/** What reading them works through. */
export interface BucketDeadLettersEffects extends CosClientEffects {
  readonly deadline: EpochMs;
}

/** Requests at a time, all that bounds their rate. */
const CALLS_AT_A_TIME = 16;

/** What `bucketDeadLetter` wrote. */
const Letter = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    version: v.literal(1),
    reason: v.string(),
    detail: v.optional(v.string()),
    lastError: v.optional(
      v.object({ code: v.string(), message: v.string(), requestId: v.exactOptional(v.string()) }),
    ),
    key: v.string(),
    firstSeenAt: v.string(),
    job: v.optional(v.looseObject({})),
    content: v.optional(v.object({ base64: v.string() })),
  }),
);

/** The dead letters below a prefix of a bucket: listed, and then got one by one. Nothing is hidden from anybody meanwhile. */
export function openBucketDeadLetters(
  options: BucketDeadLettersOptions,
  effects: BucketDeadLettersEffects,
): DeadLetters {
  return new BucketDeadLetters(options, effects);
}

class BucketDeadLetters implements DeadLetters {
  readonly #options: BucketDeadLettersOptions;
  readonly #closed = new AbortController();
  readonly #client: CosClient;

  constructor(options: BucketDeadLettersOptions, effects: BucketDeadLettersEffects) {
    this.#options = options;
    // Unpaced, as the queue itself is: the rate is there for CI.
    const policy = { ...options.client, requestsPerSecond: Number.POSITIVE_INFINITY };
    this.#client = new CosClient(policy, effects, {
      deadline: effects.deadline,
      signal: this.#closed.signal,
    });
  }

  async *read(signal?: AbortSignal): AsyncGenerator<DeadLetterRecord, void, undefined> {
    const { deadLetters } = this.#options;
    try {
      let objects: ListedObject[] = [];
      for await (const object of everyObject(this.#client, deadLetters)) {
        signal?.throwIfAborted();
        objects.push(object);
        if (objects.length < CALLS_AT_A_TIME) continue;
        yield* await abortable(this.#get(objects), signal);
        objects = [];
      }
      yield* await abortable(this.#get(objects), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw bucketError(error, `reading the dead letters in ${deadLetters.url}`);
    }
  }

  remove(letters: readonly DeadLetterRecord[]): Promise<readonly RemoveResult[]> {
    return pMap(letters, (letter) => this.#remove(letter), { concurrency: CALLS_AT_A_TIME });
  }

  close(): Promise<void> {
    this.#closed.abort(new Error('the dead letters were closed'));
    return Promise.resolve();
  }

  async #get(objects: readonly ListedObject[]): Promise<readonly DeadLetterRecord[]> {
    const { deadLetters, defaults } = this.#options;
    const letters = await Promise.all(
      objects.map(async (object) => {
        const answer = await getObject(this.#client, deadLetters, object.key);
        // Gone since it was listed: somebody else has dealt with it.
        if (answer === undefined) return [];
        return [
          recordOf(object, object.key.slice(deadLetters.prefix.length), answer.body.toString(), defaults),
        ];
      }),
    );
    return letters.flat();
  }

  async #remove(letter: DeadLetterRecord): Promise<RemoveResult> {
    const { deadLetters } = this.#options;
    try {
      await deleteObject(this.#client, deadLetters, deadLetters.prefix + letter.id);
      return { letter, ok: true };
    } catch (error) {
      return { letter, ok: false, error: bucketError(error, `removing ${letter.id}`) };
    }
  }
}

function recordOf(
  { lastModified: buriedAt }: ListedObject,
  id: string,
  text: string,
  defaults: JobDefaults,
): DeadLetterRecord {
  const read = v.safeParse(Letter, text);
  if (!read.success) {
    const problem = `the object is no dead letter that this version of docjob knows: ${quote(id)}`;
    return {
      id,
      content: { kind: 'not-a-job', problem },
      body: text,
      reason: UNREADABLE,
      detail: undefined,
      lastError: undefined,
      firstSeenAt: undefined,
      buriedAt,
    };
  }
  const { reason, detail, lastError, key, firstSeenAt, job, content } = read.output;
  const body = job && JSON.stringify(job);
  return {
    id,
    content:
      body === undefined
        ? { kind: 'not-a-job', problem: `the object's name is no job's: ${quote(basename(key))}` }
        : parseMessage(body, defaults),
    body: body ?? Buffer.from(content?.base64 ?? '', 'base64').toString(),
    reason: brief(reason),
    detail,
    lastError,
    firstSeenAt: parseRfc3339(firstSeenAt)?.at,
    buriedAt,
  };
}
