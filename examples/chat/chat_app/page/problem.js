// Shows what failed and when to try again.

export function showProblem(log, problem, again) {
  const box = document.getElementById("problem").content.cloneNode(true).firstElementChild;
  const [message, button] = [box.querySelector(".message"), box.querySelector("button")];
  const seconds = problem.retry_after_seconds;
  [box.dataset.kind, box.dataset.said] = [problem.kind, problem.message];
  log.append(box);
  message.textContent = problem.message + (seconds ? ` ${due(seconds)}` : ""); // in the page first, or it isn't announced
  button.hidden = problem.kind === "key";
  button.addEventListener("click", () => {
    box.remove();
    again();
  });
  if (seconds) {
    countDown(box, Date.now() + seconds * 1000);
  }
}

// After the next question: the message stays, without the button to try again.
export function keepProblem(log) {
  const box = log.querySelector(".problem:not(.past)");
  if (box) {
    const message = box.querySelector(".message");
    message.textContent = box.dataset.said;
    message.removeAttribute("role"); // it was announced
    box.querySelectorAll("button, .when").forEach((each) => each.remove());
    box.classList.add("past");
  }
}

function due(seconds) {
  const time = new Date(Date.now() + seconds * 1000).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  return seconds < 100 ? `Try again in ${seconds} seconds.` : `Try again in ${Math.ceil(seconds / 60)} minutes, at ${time}.`;
}

// Next to the message, not in it: the message is a live region, and a screen reader would announce it every second.
function countDown(box, end) {
  const when = box.querySelector(".when");
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    when.textContent = seconds > 0 ? `${clock(seconds)} left` : "You can try again now.";
    if (seconds <= 0 || !box.isConnected) {
      clearInterval(timer);
    }
  };
  const timer = setInterval(tick, 1000);
  tick();
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
