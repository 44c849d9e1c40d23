/* Announces pushes, pull requests and pings of GitHub. The event's name comes as a header. */
const COLORS = { opened: '#6cc644', closed: '#bd2c00', reopened: '#6cc644' };

function link(text, url) {
  return '[' + text + '](' + url + ')';
}

class Script {
  process_incoming_request({ request }) {
    const event = request.headers['x-github-event'];
    const data = request.content;
    console.log('github event', event);
    switch (event) {
      case 'push':
        return this.push(data);
      case 'pull_request':
        return this.pullRequest(data);
      case 'ping':
        return { content: { text: data.zen, username: 'github', icon_url: 'https://example.com/github.png' } };
      default:
        return { error: { success: false, message: 'Unsupported event: ' + event } };
    }
  }

  push(data) {
    const branch = data.ref.split('/').pop();
    return {
      content: {
        text: `${data.pusher.name} pushed ${data.commits.length} commits to ${link(branch, data.compare)}`,
        attachments: data.commits.map((commit) => ({
          author_name: commit.author.name,
          title: commit.id.substring(0, 7),
          title_link: commit.url,
          text: commit.message.split('\n')[0],
        })),
      },
    };
  }

  pullRequest({ action, pull_request: pr }) {
    return {
      content: {
        attachments: [{ color: COLORS[action] || '#999', title: `#${pr.number} ${pr.title}`, title_link: pr.html_url }],
        parseUrls: false,
      },
    };
  }
}
