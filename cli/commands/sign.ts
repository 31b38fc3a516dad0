import * as v from 'valibot';
import {
  presignUrl,
  signRequest,
  type SignatureLadder,
  type SigningCredentials,
  type Validity,
} from '../../lib/cos-signer/index.js';
import { TOKEN_HEADER } from '../../lib/cos/hosts.js';
import { after, before, minutes, type EpochMs, type Millis } from '../../lib/domain/units.js';
import { lambdaCredentials } from '../../lib/platform/stored-credentials.js';
import { duration, flag, text } from '../args.js';
import { command } from '../command.js';
import { UsageError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { parseHeader, parseTarget, type SignTarget } from '../sign-target.js';
import { safe, type Style } from '../style.js';

/** A signature begins a minute early, for a service whose clock is a little behind ours, as every request of docjob's does. */
const VALID_BEFORE = minutes(1);

/** `docjob sign <method> <url>`: a signature for COS or CI, for curl and for finding out why another one is refused. */
export const sign = command({
  name: 'sign',
  summary: 'sign a request to COS or CI',
  details:
    'Prints the value of the Authorization header, or with --presign a URL that carries its signature. The host is always signed, and so are all ' +
    'parameters of the URL. Whoever has what it prints can make this request until it expires.',
  examples: [
    {
      line: `curl -H "Authorization: $(docjob sign GET 'https://docs-1250000000.cos.ap-beijing.myqcloud.com/a.docx')" 'https://docs-1250000000.cos.ap-beijing.myqcloud.com/a.docx'`,
      says: 'fetches an object with curl',
    },
    {
      line: `docjob sign GET 'https://docs-1250000000.cos.ap-beijing.myqcloud.com/a.docx' --presign --expires 1h`,
      says: 'a URL for a browser',
    },
    {
      line: `docjob sign PUT 'https://docs-1250000000.cos.ap-beijing.myqcloud.com/a.docx' --header 'content-type: text/plain' --ladder`,
      says: 'each rung of the signature, to compare with another client',
    },
  ],
  declare: (declared) => {
    declared
      .argument('<method>', 'GET, PUT, …')
      .argument('<url>', 'the URL as it goes on the wire, percent-encoded; quote it for the shell')
      .option('--presign', 'print a URL that carries its signature')
      .option('--expires <duration>', 'how long it is good for', '10m')
      .option('--header <name:value...>', 'a further header to sign')
      .option('--ladder', 'show each rung of the signature')
      .option('--reveal', 'show the SignKey on it, which signs everything until it expires');
  },
  args: v.object({
    method: text('an HTTP method', (method) =>
      /^[A-Za-z]{1,20}$/.test(method) ? method.toUpperCase() : undefined,
    ),
    url: text('an http or https URL without a fragment', parseTarget),
    presign: flag,
    expires: duration,
    header: v.optional(v.array(text('a header such as "content-type: text/plain"', parseHeader)), []),
    ladder: flag,
    reveal: flag,
  }),
  run: async (args, context) => {
    if (args.presign && args.header.length > 0)
      throw new UsageError('--header cannot go with --presign: who opens a URL sends no headers of ours');
    const credentials = await lambdaCredentials(await context.settings())();
    const validity = validityOf(context.clock.now(), args.expires);
    const { ladder, ...signed } = (args.presign ? signedUrl : signedHeaders)(args, credentials, validity);
    const shown = args.reveal ? ladder : { ...ladder, signKey: masked(ladder.signKey) };
    const plain = signed.url ?? ladder.authorization;
    context.output.result({ ...signed, ladder: args.ladder ? shown : null }, (style) =>
      args.ladder ? `${ladderText(shown, style)}\n${style.bold('Result')}\n  ${plain}` : plain,
    );
    if (!args.presign && credentials.token !== undefined) {
      const name = tokenHeader(args.url.host);
      context.output.note(
        `the key is a temporary one: the request must carry its token in the header ${name}, which --json shows`,
      );
    }
    return EXIT.ok;
  },
});

function validityOf(now: EpochMs, term: Millis): Validity {
  return {
    start: Math.floor(before(now, VALID_BEFORE) / 1_000),
    end: Math.floor(after(now, term) / 1_000),
  };
}

interface Signed {
  /** Null where the URL carries the signature. */
  readonly authorization: string | null;
  /** To be sent with the request beside what clients send by themselves. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string | null;
  readonly ladder: SignatureLadder;
}

interface Asked {
  readonly method: string;
  readonly url: SignTarget;
  readonly header: readonly (readonly [name: string, value: string])[];
}

function signedHeaders(
  { method, url: { host, path, query }, header }: Asked,
  credentials: SigningCredentials,
  validity: Validity,
): Signed {
  const token = credentials.token === undefined ? {} : { [tokenHeader(host)]: credentials.token };
  const headers = { ...Object.fromEntries(header), ...token };
  const ladder = signRequest({ method, path, query, headers: { ...headers, host } }, credentials, validity);
  const { authorization } = ladder;
  return { authorization, headers: { ...headers, authorization }, url: null, ladder };
}

function signedUrl(
  { method, url: { origin, host, path, query } }: Asked,
  credentials: SigningCredentials,
  validity: Validity,
): Signed {
  const url = presignUrl({ method, origin, path, query }, credentials, validity);
  const token = credentials.token === undefined ? {} : { 'x-cos-security-token': credentials.token };
  const signable = { method, path, query: { ...query, ...token }, headers: { host } };
  return { authorization: null, headers: {}, url, ladder: signRequest(signable, credentials, validity) };
}

function tokenHeader(host: string): string {
  return TOKEN_HEADER[/^(?:[^.]+\.)?ci\./.test(host) ? 'ci' : 'cos'];
}

/** Enough to compare two by. */
function masked(signKey: string): string {
  return `${signKey.slice(0, 4)}… (--reveal shows it)`;
}

function ladderText(ladder: SignatureLadder, { bold }: Style): string {
  const rungs: readonly (readonly [name: string, value: string])[] = [
    ['SignKey', ladder.signKey],
    ['HttpString', ladder.httpString],
    ['StringToSign', ladder.stringToSign],
    ['Signature', ladder.signature],
    ['HeaderList', ladder.headerList],
    ['UrlParamList', ladder.urlParamList],
  ];
  const indented = (value: string): string =>
    value
      .split('\n')
      .map((line) => `  ${safe(line)}`.trimEnd())
      .join('\n');
  return rungs.map(([name, value]) => `${bold(name)}\n${indented(value)}`).join('\n');
}
