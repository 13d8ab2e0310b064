// The server-sent events of a response, as they arrive. EventSource can't POST a question, so this reads the stream.

export async function* events(response) {
  let rest = "";
  for await (const text of chunks(response)) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      yield event(block);
    }
  }
}

// Not `for await` over the stream itself: Safari's streams aren't iterable.
async function* chunks(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    yield value;
  }
}

function event(block) {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
  return { name: fields.event, data: JSON.parse(fields.data) };
}
