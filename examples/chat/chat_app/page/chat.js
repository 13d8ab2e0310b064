// One conversation. What the model says is Markdown, never HTML: markdown.js alone makes elements of it.

import { events } from "./events.js";
import { showMarkdown } from "./markdown.js";
import { keepProblem, showProblem } from "./problem.js";

const CUT_OFF = { kind: "cut", message: "The answer was cut off in the middle: the connection to this page’s server broke." };
const NO_SERVER = { kind: "failed", message: "This page’s own server doesn’t answer. Are you online?" };

const part = (id) => document.getElementById(id);
const [log, empty, status, composer, question] = ["log", "empty", "status", "composer", "question"].map(part);
const [send, stop, fresh] = ["send", "stop", "new"].map(part);
let turns = []; // what is sent to the model: {role, content}, the question last
let asking = null; // the AbortController of the answer that is being received

async function ask() {
  const turn = showTurn("assistant", "Model");
  const text = turn.querySelector(".text");
  const [conversation, control] = [turns, new AbortController()];
  asking = control;
  setBusy(true);
  let [words, problem, end] = ["", null, "Done."];
  try {
    for await (const { name, data } of await request(control.signal)) {
      if (name === "words") {
        words += data.text;
        showMarkdown(text, words);
        status.textContent = "Answering…";
        follow();
      } else if (name === "problem") {
        problem = data;
      } else {
        end = data.too_long ? "The answer reached the model’s limit and ends here." : "Done.";
        problem = false;
      }
    }
    problem ??= CUT_OFF; // neither an end nor a problem came
  } catch (error) {
    if (control.signal.aborted) {
      end = "Stopped.";
    } else {
      problem = words ? CUT_OFF : NO_SERVER;
    }
  }
  asking = null;
  setBusy(false);
  if (conversation !== turns) {
    return; // a new one was begun meanwhile
  }
  status.textContent = problem ? "" : end;
  settle(turn, words, problem);
}

async function request(signal) {
  const body = JSON.stringify({ messages: turns });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch("api/answers", { method: "POST", headers, body, signal });
  if (!response.ok) {
    throw new Error(`HTTP ${response.status}`);
  }
  return events(response);
}

// The final state of the turn: complete, partial or removed, with the problem below it.
function settle(turn, text, problem) {
  turn.classList.remove("waiting");
  turn.classList.toggle("partial", Boolean(problem) && text !== "");
  if (text) {
    turns.push({ role: "assistant", content: text });
  } else {
    turn.remove();
  }
  if (problem) {
    const again = () => {
      if (text) {
        turns.pop();
        turn.remove();
      }
      question.focus(); // the button that had it is gone
      ask();
    };
    showProblem(log, problem, again);
    log.scrollTop = log.scrollHeight;
  }
}

function showTurn(role, name) {
  empty.hidden = true;
  fresh.hidden = false;
  const turn = part("turn").content.cloneNode(true).firstElementChild;
  turn.classList.add(role, ...(role === "assistant" ? ["waiting"] : []));
  turn.querySelector("h2").textContent = name;
  log.append(turn);
  log.scrollTop = log.scrollHeight;
  return turn;
}

// Scrolls with the words, unless the reader has scrolled up.
function follow() {
  if (log.scrollHeight - log.scrollTop - log.clientHeight < 120) {
    log.scrollTop = log.scrollHeight;
  }
}

// A screen reader reads the answer when it is whole, not word by word.
function setBusy(busy) {
  log.setAttribute("aria-busy", busy);
  [send.hidden, stop.hidden] = [busy, !busy];
  status.textContent = busy ? "Waiting for the model…" : "";
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const content = question.value.trim();
  if (asking || !content) {
    return;
  }
  keepProblem(log);
  if (turns.at(-1)?.role === "user") {
    turns.pop(); // models want turns to alternate
    [...log.querySelectorAll(".user")].at(-1).classList.add("unanswered");
  }
  turns.push({ role: "user", content });
  showTurn("user", "You").querySelector(".text").textContent = content;
  composer.reset();
  question.focus();
  ask();
});

question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});

document.addEventListener("keydown", (event) => event.key === "Escape" && asking?.abort());

stop.addEventListener("click", () => {
  asking?.abort();
  question.focus();
});

fresh.addEventListener("click", () => {
  asking?.abort();
  turns = [];
  log.replaceChildren(empty);
  [empty.hidden, fresh.hidden] = [false, true];
  status.textContent = "";
  question.focus();
});

const about = await (await fetch("api/about")).json();
part("model").textContent = about.model;
