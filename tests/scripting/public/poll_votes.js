/* Sums votes, with everything that ES2015 and later has for it. */
class Script {
  constructor() {
    this.votes = new Map();
  }

  static bar(count) {
    return '▇'.repeat(count);
  }

  vote = ({ user, choice }) => this.votes.set(user, choice);

  process_incoming_request({ request }) {
    for (const vote of request.content.votes ?? []) this.vote(vote);
    const counts = {};
    this.votes.forEach((choice) => (counts[choice] = (counts[choice] || 0) + 1));
    const lines = Object.entries(counts)
      .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
      .map(([choice, count]) => `${choice.padEnd(6, '.')} ${Script.bar(count)} ${count}`);
    return { content: { text: lines.join('\n') || 'no votes', tmid: request.content?.thread } };
  }
}
