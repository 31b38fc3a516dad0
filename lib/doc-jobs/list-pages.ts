import { UndecodableError } from '../cos/errors/undecodable-error.js';
import type { CosRequester } from '../cos/requester.js';
import type { JobSource } from './describe.js';
import { listDocJobs, MAX_PAGE_SIZE, type JobListQuery, type JobPage } from './list.js';

/** A page of long documents may be larger than an answer can be: it is asked for in smaller parts, down to one job. */
const PAGE_SIZES = [MAX_PAGE_SIZE, 10, 1] as const;

/**
 * The pages of a list, one after the other, for as long as they are wanted.
 *
 * @throws UndecodableError if a page cannot be read in any size, or the list goes round in circles; and whatever else {@link listDocJobs} throws.
 */
export async function* listPages(
  requester: CosRequester,
  source: JobSource,
  query: Omit<JobListQuery, 'nextToken' | 'size'>,
): AsyncGenerator<JobPage> {
  const seenTokens = new Set<string>();
  let token: string | undefined;
  do {
    const page = await pageOf(requester, source, {
      ...query,
      ...(token === undefined ? {} : { nextToken: token }),
    });
    token = page.nextToken;
    if (token !== undefined && seenTokens.has(token)) {
      throw new UndecodableError('the list goes round in circles', { requestId: page.requestId });
    }
    if (token !== undefined) seenTokens.add(token);
    yield page;
  } while (token !== undefined);
}

async function pageOf(requester: CosRequester, source: JobSource, query: JobListQuery): Promise<JobPage> {
  let last: unknown;
  for (const size of PAGE_SIZES) {
    try {
      return await listDocJobs(requester, source, { ...query, size });
    } catch (error) {
      if (!(error instanceof UndecodableError)) throw error;
      last = error;
    }
  }
  throw last;
}
