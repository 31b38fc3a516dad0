import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { PUBLISHED } from '../../deploy/json-schemas.js';

/** The notice's schema as it is published, text and all. */
export const publishedNoticeSchema = (): string =>
  readFileSync(new URL(`../../${PUBLISHED.notice.file}`, import.meta.url), 'utf8');

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(publishedNoticeSchema()) as Record<string, unknown>, // an object: that it is a schema, `compile` checks
);

/** Whether the published schema accepts a message's body, by a validator that shares no code with ours. */
export const isValidNotice = (body: string): boolean => validate(JSON.parse(body));
