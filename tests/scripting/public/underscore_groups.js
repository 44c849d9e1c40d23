/* Groups with underscore. */
class Script {
  process_incoming_request({ request }) {
    const groups = _.groupBy(request.content.issues, 'state');
    const text = _.map(groups, (issues, state) => `${state}: ${_.pluck(issues, 'key').join(', ')}`);
    return { content: { text: text.join('\n') } };
  }
}
