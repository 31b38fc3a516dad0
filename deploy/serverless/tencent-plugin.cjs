'use strict';
// The Serverless Framework reads serverless.ts as TypeScript, but loads plugins as they are.
require('tsx/cjs');
module.exports = require('../tencent/provider.ts').TencentProviderPlugin;
