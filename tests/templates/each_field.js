// Follows a template, whose class is called Template here. Takes { body, replacement? } and answers, of each thing in
// the body, its path and what the template returns when it is replaced, or left out.
class Script {
  process_incoming_request({ request }) {
    const { body, ...change } = request.content;
    const returned = [];
    for (const path of placesInside(body)) {
      const content = withChange(body, path, change);
      returned.push([path, new Template().process_incoming_request({ request: { ...request, content, body: content } }) ?? null]);
    }
    return { response: returned };
  }
}

function* placesInside(value, path = []) {
  const keys = Array.isArray(value) ? [0, 1].slice(0, value.length) : Object.keys(Object(value));
  if (typeof value !== 'object') return;
  for (const key of keys) {
    yield [...path, key];
    yield* placesInside(value[key], [...path, key]);
  }
}

function withChange(value, [key, ...rest], change) {
  const copy = Array.isArray(value) ? [...value] : { ...value };
  if (rest.length) copy[key] = withChange(value[key], rest, change);
  else if ('replacement' in change) copy[key] = change.replacement;
  else if (Array.isArray(copy)) copy.splice(key, 1);
  else delete copy[key];
  return copy;
}
