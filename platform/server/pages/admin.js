const form = document.querySelector('#login');
const outcome = document.querySelector('#outcome');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  outcome.value = '…';
  const { email, password } = Object.fromEntries(new FormData(form));
  const response = await fetch('/api/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const answer = await response.json();
  outcome.value = response.ok ? `Logged in as ${answer.user.email}.` : answer.detail;
});
