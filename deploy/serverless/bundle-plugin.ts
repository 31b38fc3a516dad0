import { join } from 'node:path';
import { bundleIntoZip } from '../bundle.js';
import type { Framework, Hooks, Options, PluginUtils } from './framework.js';

/** Where the zips are put, beside what the framework writes. */
const FOLDER = '.serverless';

/**
 * Bundles each function of the service into a zip of its own, before anything is packaged, on either cloud. A zip that is named as an artifact
 * keeps the framework from zipping the whole folder.
 */
export class BundlePlugin {
  readonly hooks: Hooks;

  constructor(framework: Framework, { stage }: Options, { log }: PluginUtils) {
    const { service, serviceDir } = framework;
    // Names in serverless.ts are made of STAGE: with another one here, half the names would be of one stage and half of the other.
    if (stage !== undefined && stage !== service.provider.stage) {
      throw new Error(
        `--stage is ${stage}, but STAGE is ${service.provider.stage}: set STAGE=${stage} instead`,
      );
    }
    this.hooks = {
      'before:package:createDeploymentArtifacts': async () => {
        service.package.individually = true;
        for (const [name, definition] of Object.entries(service.functions)) {
          const artifact = join(FOLDER, `${name}.zip`);
          const { codeBytes } = await bundleIntoZip(name, join(serviceDir, artifact));
          definition.package = { artifact };
          log.notice(`${artifact}: index.js has ${Math.round(codeBytes / 1_024)} KB`);
        }
      },
    };
  }
}
