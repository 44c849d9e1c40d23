class Script {
  process_incoming_request({ request }) {
    const { repository, pusher, commits, ref, compare } = request.content;
    const branch = ref.replace('refs/heads/', '');
    return {
      content: {
        text: `[${repository.full_name}:${branch}](${compare}) ${pusher.name} pushed ${commits.length} commits`,
        attachments: commits.slice(0, 5).map((commit) => ({
          title: commit.message.split('\n')[0],
          title_link: commit.url,
          author_name: commit.author.name,
          text: `${commit.added.length} added, ${commit.modified.length} modified`,
        })),
      },
    };
  }
}
