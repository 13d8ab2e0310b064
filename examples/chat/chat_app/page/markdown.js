// What a model says, as Markdown. HTML in it stays text, no link runs a script, and no picture is fetched: its address
// could carry the conversation to whoever wrote it.

import markdownIt from "./vendor/markdown-it.js";

const markdown = markdownIt({ html: false, breaks: true, linkify: false });
markdown.disable("image");
markdown.renderer.rules.link_open = (tokens, index, options, _, self) => {
  tokens[index].attrSet("target", "_blank");
  tokens[index].attrSet("rel", "noopener noreferrer");
  return self.renderToken(tokens, index, options);
};

export function showMarkdown(element, text) {
  element.innerHTML = markdown.render(text);
}
