/** The short names of regions, by which Cloud Monitor binds objects (BindingPolicyObject, 248/40421); those that Tencent's Terraform provider has too. */
const CODES: Readonly<Record<string, string>> = {
  'ap-bangkok': 'th',
  'ap-beijing': 'bj',
  'ap-beijing-fsi': 'bjjr',
  'ap-chengdu': 'cd',
  'ap-chongqing': 'cq',
  'ap-guangzhou': 'gz',
  'ap-hongkong': 'hk',
  'ap-mumbai': 'in',
  'ap-nanjing': 'nj',
  'ap-seoul': 'kr',
  'ap-shanghai': 'sh',
  'ap-shanghai-fsi': 'shjr',
  'ap-shenzhen-fsi': 'szjr',
  'ap-singapore': 'sg',
  'ap-tokyo': 'jp',
  'eu-frankfurt': 'de',
  'na-ashburn': 'use',
  'na-siliconvalley': 'usw',
  'na-toronto': 'ca',
};

/** The short name of a region, such as `bj`; undefined where it is not known. */
export function regionCode(region: string): string | undefined {
  return CODES[region];
}
