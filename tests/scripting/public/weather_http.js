/* Asks another service while it answers. */
class Script {
  process_incoming_request({ request }) {
    var response = HTTP('GET', 'https://weather.example.com/now', {
      params: { city: request.content.city, units: 'metric' },
      headers: { 'X-Key': 'k' },
    });
    if (response.error) {
      return { content: { text: 'No weather: ' + response.error } };
    }
    return { content: { text: response.result.data.temp + '°C in ' + request.content.city } };
  }
}
