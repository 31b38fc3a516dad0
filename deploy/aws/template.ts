/** A value of a CloudFormation template: a literal, or what CloudFormation puts in its place. */
export type Value =
  | string
  | { readonly Ref: string }
  | { readonly 'Fn::GetAtt': readonly [resource: string, attribute: string] }
  | { readonly 'Fn::Sub': string };

/** A resource of a CloudFormation template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** Resources by their logical IDs. */
export type Resources = Readonly<Record<string, Resource>>;

/** A statement of an IAM policy that allows something. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly Value[];
}

export const ref = (resource: string) => ({ Ref: resource });
export const attribute = (resource: string, name: string): Value => ({ 'Fn::GetAtt': [resource, name] });
export const sub = (text: string) => ({ 'Fn::Sub': text });

/** The statement of a grant. */
export function statementOf({ actions, resources }: Grant): Readonly<Record<string, unknown>> {
  return { Effect: 'Allow', Action: actions, Resource: resources };
}
