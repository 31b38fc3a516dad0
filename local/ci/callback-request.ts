import { invalidArgument } from '../wire/refusal.js';
import type { XmlInput } from '../xml/read.js';

/** Where CI reports the end of a job, and in which form. */
export interface CallbackTarget {
  readonly url: URL;
  readonly format: 'XML' | 'JSON';
}

/** What a create says about its callback: a target, `no` for none whatever the queue says, or nothing. */
export type CallbackChoice = CallbackTarget | 'no' | undefined;

/** 127.0.0.0/8 and its IPv6 sibling, by number: a name could be anybody's. */
const LOOPBACK = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/**
 * Reads `CallBack`, `CallBackFormat` and `CallBackType` of a create (api 1545/65203).
 *
 * @throws Refusal 400 for what the document does not have, and for what this cloud does not do.
 */
export function readCallback(request: XmlInput): CallbackChoice {
  const type = valueOf(request, 'CallBackType', 'Url');
  const format = readFormat(valueOf(request, 'CallBackFormat', 'XML'), 'CallBackFormat');
  const url = valueOf(request, 'CallBack', '');
  if (type !== 'Url' && type !== 'TDMQ') throw invalidArgument('CallBackType must be Url or TDMQ.');
  // Taken, and sent nowhere: this cloud has no message queue of that kind to report to.
  if (type === 'TDMQ') return 'no';
  if (url === '' || url === 'no') return url === '' ? undefined : 'no';
  return { url: readUrl(url, 'CallBack'), format };
}

/** What a queue says about callbacks, as it is given back. */
export interface NotifyConfig {
  readonly url: string;
  readonly event: string;
  readonly type: string;
  readonly state: 'On' | 'Off';
  readonly format: 'XML' | 'JSON';
}

export const NO_NOTIFICATION: NotifyConfig = { url: '', event: '', type: '', state: 'Off', format: 'XML' };

/**
 * Reads the `NotifyConfig` of a queue; undefined when there is none, and the queue keeps its own.
 *
 * @throws Refusal 400 as {@link readCallback} does.
 */
export function readNotifyConfig(request: XmlInput): NotifyConfig | undefined {
  const given = request.children.find(({ name }) => name === 'NotifyConfig');
  if (given === undefined) return undefined;
  const state = valueOf(given, 'State', 'Off');
  if (state === 'Off') return NO_NOTIFICATION;
  if (state !== 'On') throw invalidArgument('NotifyConfig.State must be On or Off.');
  const url = valueOf(given, 'Url', '');
  const event = valueOf(given, 'Event', '');
  const type = valueOf(given, 'Type', '');
  readUrl(url, 'NotifyConfig.Url');
  if (event !== 'TaskFinish') throw invalidArgument('NotifyConfig.Event must be TaskFinish.');
  if (type !== 'Url')
    throw invalidArgument('NotifyConfig.Type must be Url: this cloud has no message queues of Tencent.');
  const format = readFormat(valueOf(given, 'ResultFormat', 'XML'), 'NotifyConfig.ResultFormat');
  return { url, event, type, state, format };
}

/** Where a queue reports the ends of its jobs; undefined where it does not. */
export function targetOf({ state, url, format }: NotifyConfig): CallbackTarget | undefined {
  return state === 'On' ? { url: new URL(url), format } : undefined;
}

/** CI calls public addresses only; this cloud the machine itself only, so that nothing leaves it. */
function readUrl(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' || !LOOPBACK.test(url.hostname)) {
    throw invalidArgument(
      `${name} must be an http URL of this machine (127.0.0.1): this cloud calls no other.`,
    );
  }
  return url;
}

function readFormat(text: string, name: string): 'XML' | 'JSON' {
  if (text !== 'XML' && text !== 'JSON') throw invalidArgument(`${name} must be XML or JSON.`);
  return text;
}

function valueOf(parent: XmlInput, name: string, fallback: string): string {
  const text = parent.children.find((child) => child.name === name)?.text ?? '';
  return text === '' ? fallback : text;
}
