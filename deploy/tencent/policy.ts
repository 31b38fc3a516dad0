import { appIdOf, type BucketName } from '../../lib/domain/names.js';

/** One statement of a CAM policy (CAM, product 598, page 10604). */
export interface Statement {
  readonly effect: 'allow';
  readonly action: readonly string[];
  readonly resource?: readonly string[];
  readonly principal?: { readonly service: readonly string[] };
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** A CAM policy document. */
export interface Policy {
  readonly version: '2.0';
  readonly statement: readonly Statement[];
}

/** All of a bucket in CI, which documents no resource narrower than that (CI, product 460, page 104297); `region` may be `*`. */
export function ciBucket(bucket: BucketName, region: string): string {
  return `qcs::ci:${region}:uid/${appIdOf(bucket)}:bucket/${bucket}/*`;
}

/** One object (COS, product 436, page 30580); `region` may be `*`. */
export function cosObject(bucket: BucketName, region: string, key: string): string {
  return `qcs::cos:${region}:uid/${appIdOf(bucket)}:${bucket}/${key}`;
}

/** All objects whose keys begin so. */
export function cosObjects(bucket: BucketName, region: string, prefix: string): string {
  return cosObject(bucket, region, `${prefix}*`);
}
