/** What the tests ask a page about itself: functions in the page's own language, since the project knows no DOM. Each gives a list of what is wrong. */

/** Texts, and parts of plots, whose contrast with what is behind them is too low (WCAG 2.2, 1.4.3 and 1.4.11). */
export const LOW_CONTRASTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => { const s = part / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, other) => {
    const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  let checked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest('style,script')) continue;
    const style = getComputedStyle(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const is = ratio(rgba(colour), ground(element));
    checked += 1;
    if (is < needed) found.push(is.toFixed(2) + ' ' + colour + ' ' + node.data.trim().slice(0, 40));
  }
  for (const shape of document.querySelectorAll('.fill, .line')) {
    const style = getComputedStyle(shape);
    const colour = shape.classList.contains('line') ? style.stroke : style.fill;
    const is = ratio(rgba(colour), ground(shape));
    checked += 1;
    if (is < 3) found.push(is.toFixed(2) + ' ' + colour + ' ' + shape.getAttribute('class'));
  }
  return { checked, found };
})()`;

/** Words of plots that stick out of them, and are cut off. */
export const CUT_OFF = `[...document.querySelectorAll('svg[role=img]')].flatMap((svg) =>
  [...svg.querySelectorAll('text')]
    .filter((text) => { const { x, width } = text.getBBox(); return x < 0 || x + width > svg.viewBox.baseVal.width; })
    .map((text) => text.textContent))`;

/** What keeps people who do not see the page, or use no mouse, from understanding it. */
export const OBSTACLES = `(() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (!document.documentElement.lang) found.push('no language');
  if (!document.title) found.push('no title');
  for (const selector of ['h1', 'main', 'body > header', 'body > footer']) {
    if (all(selector).length !== 1) found.push('not one ' + selector);
  }
  let level = 0;
  for (const heading of all('h1,h2,h3,h4,h5,h6')) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) found.push(heading.tagName + ' after H' + level);
    if (!heading.textContent.trim()) found.push('an empty ' + heading.tagName);
    level = next;
  }
  for (const image of all('img')) if (!image.getAttribute('alt')) found.push('no alternative for ' + image.src.slice(0, 80));
  for (const svg of all('svg')) {
    const isNamed = svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label');
    if (!isNamed && svg.getAttribute('aria-hidden') !== 'true') found.push('a plot without a name');
  }
  for (const link of all('a,summary,[role=group]')) {
    const name = link.getAttribute('aria-label') ?? (link.textContent.trim() || link.querySelector('img')?.alt);
    if (!name) found.push('no name: ' + link.outerHTML.slice(0, 80));
  }
  for (const link of all('a[href^="#"]')) {
    if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) found.push('a link to nowhere: ' + link.hash);
  }
  for (const element of all('[aria-labelledby]')) {
    if (!document.getElementById(element.getAttribute('aria-labelledby'))) found.push('labelled by nothing');
  }
  const ids = all('[id]').map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push('twice: ' + id);
  for (const table of all('table')) {
    if (table.querySelectorAll('th[scope]').length === 0) found.push('a table without headings');
  }
  for (const list of all('ul,ol')) {
    if ([...list.children].some(({ tagName }) => tagName !== 'LI')) found.push('a list with something else in it');
  }
  for (const box of all('.scroll')) if (box.tabIndex !== 0) found.push('scrolls by mouse alone');
  return found;
})()`;

/** The pictures: how many there are, how many have come, and how wide those are. */
export const IMAGES = `(() => {
  const images = [...document.images];
  const loaded = images.filter((image) => image.complete && image.naturalWidth > 0);
  return { all: images.length, loaded: loaded.length, widths: [...new Set(loaded.map((image) => image.naturalWidth))] };
})()`;

/** What a screenshot shows, given as a data URL: how many colours, how bright on average (0 to 255), and how much of it is not like its first pixel. */
export const lookAt = (url: string): string => `(async () => {
  const image = new Image();
  image.src = ${JSON.stringify(url)};
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
  const colours = new Set();
  let light = 0;
  let other = 0;
  for (let at = 0; at < data.length; at += 4) {
    colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    light += data[at] + data[at + 1] + data[at + 2];
    if (data[at] !== data[0] || data[at + 1] !== data[1] || data[at + 2] !== data[2]) other += 1;
  }
  const pixels = data.length / 4;
  return { colours: colours.size, brightness: light / pixels / 3, drawn: other / pixels };
})()`;
