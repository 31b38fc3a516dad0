import { listObjects, type ListedObject } from '../cos/list-objects.js';
import type { CosRequester } from '../cos/requester.js';
import type { BucketQueueAddress } from './queue-url.js';

/** All objects of a queue in a bucket, in the order of their keys, listed page by page. Throws whatever the requester throws. */
export async function* everyObject(
  requester: CosRequester,
  { bucket, region, prefix }: BucketQueueAddress,
): AsyncGenerator<ListedObject, void, undefined> {
  let marker: string | undefined = prefix;
  while (marker !== undefined) {
    const page = await listObjects(requester, { bucket, region }, { prefix, marker });
    yield* page.objects;
    marker = page.nextMarker;
  }
}
