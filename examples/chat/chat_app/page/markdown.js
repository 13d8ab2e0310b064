// A model's answer as Markdown. HTML in it stays text, no link runs a script, and no picture is fetched: the address of
// a picture could send the conversation to somebody else.

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
