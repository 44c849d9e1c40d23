/* Numbers its messages: at the top, on the instance and in Store. */
let seen = 0;

class Script {
  constructor() {
    this.first = null;
  }

  process_incoming_request({ request }) {
    seen += 1;
    this.first = this.first || request.content.text;
    const list = Store.get('texts') || [];
    list.push(request.content.text);
    Store.set('texts', list);
    return { content: { text: `#${seen}, first ${this.first}, all ${Store.get('texts').join(',')}` } };
  }
}
