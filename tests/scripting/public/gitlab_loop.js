/* Counts in a variable that nobody declared, as many scripts do. */
class Script {
  process_incoming_request({ request }) {
    lines = [];
    for (i = 0; i < request.content.commits.length; i++) {
      var commit = request.content.commits[i];
      lines.push('* ' + commit.id.slice(0, 8) + ' ' + commit.title);
    }
    return {
      content: {
        username: 'gitlab/' + request.content.user_name,
        text: request.content.project.name + '\n' + lines.join('\n'),
      },
    };
  }
}
