/** The Markdown of descriptions: paragraphs, lists, code, emphasis and links. */
import { createElement, createLink } from '../dom.ts';

/** Code, strong and emphasised text, and links to this site or over https. */
const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\((\/[^)\s]*|https:[^)\s]+)\)/;

export function renderMarkdown(text: string): HTMLElement[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((block) => {
      const lines = block.split('\n');
      const isList = lines.every((line) => /^[-*] /.test(line));
      if (!isList) return createElement('p', ...renderInline(lines.join(' ')));
      return createElement('ul', ...lines.map((line) => createElement('li', ...renderInline(line.slice(2)))));
    });
}

export function renderInline(text: string): (Node | string)[] {
  const match = INLINE.exec(text);
  if (match === null) return text === '' ? [] : [text];
  const [whole, code, strong, emphasis, label = '', address = ''] = match;
  return [
    ...(match.index === 0 ? [] : [text.slice(0, match.index)]),
    code !== undefined
      ? createElement('code', code)
      : strong !== undefined
        ? createElement('strong', ...renderInline(strong))
        : emphasis !== undefined
          ? createElement('em', ...renderInline(emphasis))
          : createLink(address, label),
    ...renderInline(text.slice(match.index + whole.length)),
  ];
}
