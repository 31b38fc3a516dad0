import type { Config, ServiceConfig } from '../../lib/config.js';
import type { CosClient } from '../../lib/cos/client.js';
import type { BucketAddress } from '../../lib/cos/objects.js';
import type { EpochMs, Millis } from '../../lib/domain/units.js';
import type { Environment } from '../../lib/env-reader.js';
import type { CommandEffects } from '../services.js';

/** What checks work with. They are not stopped in their midst: what one wrote, it also removes. */
export interface Examination {
  readonly settings: Environment;
  readonly service: ServiceConfig;
  /** Undefined where the settings are not usable beyond COS and CI. */
  readonly config: Config | undefined;
  /** Where documents' pictures go by default, and with them the manifests; undefined where they stay in the source bucket. */
  readonly output: BucketAddress | undefined;
  /** Where new documents call the submit function; undefined where none do. */
  readonly submitPrefix: string | undefined;
  readonly effects: CommandEffects;
  readonly client: CosClient;
  /** Nothing that is asked outlives this moment. */
  readonly deadline: EpochMs;
  /** How long the poll function may run. */
  readonly functionTimeout: Millis;
  /** Whether test objects may be written and messages received. */
  readonly isWriting: boolean;
  /** Safe in a key and in a job ID; no other examination has it. */
  readonly nonce: string;
}

/** A bucket and what it is for. */
export interface Place extends BucketAddress {
  readonly uses: readonly string[];
}

/** Every bucket that the settings name, once, with all that it is for. */
export function placesOf({ service, output, config }: Examination): readonly Place[] {
  const named: (BucketAddress & { readonly use: string })[] = [{ ...service.source, use: 'documents' }];
  if (output !== undefined) named.push({ ...output, use: 'manifests' });
  if (config?.queue.queue.kind === 'cos') named.push({ ...config.queue.queue, use: 'pending jobs' });
  if (config?.queue.deadLetters.kind === 'cos')
    named.push({ ...config.queue.deadLetters, use: 'dead letters' });
  const places = new Map<string, Place>();
  for (const { bucket, region, use } of named) {
    const key = `${bucket} ${region}`;
    places.set(key, { bucket, region, uses: [...(places.get(key)?.uses ?? []), use] });
  }
  return [...places.values()];
}
