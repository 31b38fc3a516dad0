import chromium from '@sparticuz/chromium';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

/** A page that is open, and all that it asked for and complained about. */
export interface OpenPage {
  readonly page: Page;
  /** What stood on the console, and errors that nobody caught. */
  readonly complaints: string[];
  /** Where it sent requests, and those that failed. */
  readonly asked: Set<string>;
  readonly failed: string[];
}

/** A headless browser for a file of tests, with a folder of its own. */
export class TestBrowser {
  readonly folder: string;
  readonly #browser: Browser;
  #pages = 0;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.folder = folder;
  }

  static async launch(): Promise<TestBrowser> {
    const folder = await mkdtemp(join(tmpdir(), 'docjob-browser-'));
    const executablePath = await chromium.executablePath();
    const browser = await puppeteer.launch({
      executablePath,
      // Its own arguments lift the same-origin policy, which would hide what a real browser refuses.
      args: chromium.args.filter((argument) => !/web-security|insecure-content/.test(argument)),
      headless: 'shell',
      userDataDir: join(folder, 'profile'),
    });
    return new TestBrowser(browser, folder);
  }

  /** Opens a page from a file, as who has been sent it does, and waits until it is quiet. */
  async open(html: string, viewport = { width: 1_280, height: 900 }): Promise<OpenPage> {
    this.#pages += 1;
    const file = join(this.folder, `page-${this.#pages}.html`);
    await writeFile(file, html);
    const page = await this.#browser.newPage();
    const complaints: string[] = [];
    const failed: string[] = [];
    const asked = new Set<string>();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      asked.add(`${protocol}//${host}`);
    });
    page.on('requestfailed', (request) => failed.push(request.url()));
    await page.setViewport(viewport);
    await page.goto(pathToFileURL(file).href, { waitUntil: 'networkidle0' });
    return { page, complaints, asked, failed };
  }

  /** An empty page, for a canvas to look at screenshots with. */
  blank(): Promise<Page> {
    return this.#browser.newPage();
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
