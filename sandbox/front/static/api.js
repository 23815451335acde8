// The page's only way out: the sandbox's own server, which signs what people do and sends it to the product.

const EXPLAINED = {
  operation_timeout: "the app did not answer within 3 seconds (operation_timeout)",
  dispatch_failed: "the app answered with an error (dispatch_failed)",
  invalid_command: "there is no such command",
  no_such_button: "this button is gone: the message has changed",
};

/** POST JSON; resolves to the answer, rejects with an Error a person can read. */
export async function post(path, body) {
  let answer, response;
  try {
    response = await fetch(path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    const text = await response.text();
    answer = text.startsWith("{") ? JSON.parse(text) : { ok: false, error: text };
  } catch {
    throw new Error("the sandbox does not answer");
  }
  if (!answer.ok) {
    // What the product failed at is also said in the channel, as Slack does; what this server refused is not.
    throw Object.assign(new Error(EXPLAINED[answer.error] ?? answer.error), { inChannel: response.ok });
  }
  return answer;
}

/** Follow everything that happens; the browser reconnects by itself and is then told the whole channel again. */
export function follow(handlers) {
  const source = new EventSource("/_sandbox/events?view");
  for (const [name, handle] of Object.entries(handlers)) {
    if (name !== "link") source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  source.onopen = () => handlers.link(true);
  source.onerror = () => handlers.link(false);
}
