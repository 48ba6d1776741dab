// What htmx does not do by itself: menus, notices, copying, filtering of lists, ticking times, politeness of refreshes.
// Every page works without it. Events of htmx are listened to here and nowhere else.
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

  // What only works with scripts is hidden until here.
  function reveal(root = document) {
    for (const element of all("[data-copy], [data-filter], [data-close-notice]", root)) element.hidden = false;
    for (const notice of all(".notice-success, .notice-info", root)) setTimeout(() => notice.remove(), 7000);
    tabs(root);
    tick();
  }

  // --- menus: one open at a time; Escape and a click elsewhere close it
  function closeMenus(except) {
    for (const menu of all("details[data-menu][open]")) if (menu !== except) menu.open = false;
  }
  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    const refused = event.target.closest("[aria-disabled='true']");
    if (refused) event.preventDefault();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyFrom(copy);
    event.target.closest("[data-close-notice]")?.closest("[data-notice]").remove();
    const theme = event.target.closest("[data-themes] button");
    if (theme) chooseTheme(theme, event);
    if (event.target === dialog || event.target.closest("[data-close-dialog]")) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    closeMenus();
    menu?.querySelector("summary").focus();
    if (location.hash === "#menu") location.hash = "#";
  });

  // --- the dialog: shown once it has content; notices come into it, as what lies behind it is inert
  const dialog = document.getElementById("dialog");
  const content = document.getElementById("dialog-content");
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== content || dialog.open) return;
    dialog.append(document.getElementById("notices"));
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    dialog.before(document.getElementById("notices"));
    content.replaceChildren();
  });

  // --- the theme changes in place: a reload would take away what is being typed
  function chooseTheme(button, event) {
    event.preventDefault();
    const root = document.documentElement;
    if (button.value === "auto") root.removeAttribute("data-bs-theme");
    else root.dataset.bsTheme = button.value;
    document.cookie = `portal_theme=${button.value}; path=/; max-age=31536000; samesite=lax`;
    for (const other of all("button", button.form)) other.setAttribute("aria-pressed", String(other === button));
    const use = button.closest("details").querySelector("summary use");
    use.setAttribute("href", button.querySelector("use").getAttribute("href"));
    closeMenus();
  }

  async function copyFrom(button) {
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    say(button.dataset.copied);
    const use = button.querySelector("use");
    const before = use.getAttribute("href");
    use.setAttribute("href", before.replace(/#.*/, "#check"));
    setTimeout(() => use.setAttribute("href", before), 1500);
  }

  const saying = [];
  function say(text) {
    saying.push(text); // what is said at the same time is said as one
    queueMicrotask(() => {
      if (saying.length) document.getElementById("said").textContent = saying.splice(0).join(". ");
    });
  }

  // --- lists that are filtered where they are
  document.addEventListener("input", (event) => {
    const list = event.target.dataset.filter && document.querySelector(event.target.dataset.filter);
    if (!list) return;
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const item of list.children) {
      item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
    }
    event.stopPropagation();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.dataset.filter) event.preventDefault(); // it is no field of the form around it
  });

  // --- tabs within a page: without scripts all panels are shown
  function tabs(root) {
    for (const list of all("[role='tablist']", root)) {
      if (list.dataset.ready) continue;
      list.dataset.ready = "yes";
      list.hidden = false;
      const buttons = all("[role='tab']", list);
      const show = (chosen) => {
        for (const button of buttons) {
          const is = button === chosen;
          button.setAttribute("aria-selected", String(is));
          button.tabIndex = is ? 0 : -1;
          document.getElementById(button.getAttribute("aria-controls")).hidden = !is;
        }
      };
      list.addEventListener("click", (event) => {
        const button = event.target.closest("[role='tab']");
        if (button) show(button);
      });
      list.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
        show(next);
        next.focus();
      });
      show(buttons.find((button) => button.getAttribute("aria-selected") === "true") || buttons[0]);
    }
  }

  // --- the form that checks itself: which fields were touched, so that others are not complained about
  document.addEventListener("input", (event) => {
    const touched = event.target.form?.elements.namedItem("touched");
    if (!touched || !event.target.name) return;
    const names = new Set(touched.value.split(",").filter(Boolean));
    names.add(event.target.name);
    touched.value = [...names].join(",");
  });
  document.addEventListener("submit", (event) => {
    const token = event.target.elements.namedItem("csrfmiddlewaretoken");
    if (token && cookie("csrftoken")) token.value = cookie("csrftoken"); // another tab may have signed in again
  });
  // What was chosen in a menu is being done: the menu goes, its button has the focus again.
  document.addEventListener("htmx:beforeSend", (event) => {
    const menu = event.detail.elt.closest("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("htmx:configRequest", (event) => {
    if (cookie("csrftoken")) event.detail.headers["X-CSRFToken"] = cookie("csrftoken");
  });

  // --- times that count on
  function tick() {
    const now = Date.now();
    for (const time of all("time[data-ticking]")) {
      const seconds = Math.max(0, Math.round((now - Date.parse(time.dateTime)) / 1000));
      if (seconds < 120) time.textContent = `${seconds}s`;
      else if (seconds < 600) time.textContent = `${Math.floor(seconds / 60)}m${seconds % 60}s`;
    }
  }
  setInterval(tick, 1000);

  // --- refreshes: not of what one is in, not while nobody looks, not when signed out
  let isHeld = false; // there is news of a row that one is in: the list asks for the same again
  const isUsed = (node) => node.nodeName === "TR" && node.contains(document.activeElement);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.elt.hasAttribute("data-refresh")) return;
    isHeld = false;
    if (document.hidden || document.querySelector("[data-signed-out]")) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.querySelector("[data-signed-out]")?.closest(".notice").remove();
  });
  const before = new Map(); // id -> what was said of it, so that only news is told
  function remember(root) {
    for (const item of [root, ...all("[data-said]", root)]) if (item.id && item.dataset.said) before.set(item.id, item.dataset.said);
  }
  function tellNews() {
    for (const [id, said] of before) {
      const now = document.getElementById(id);
      if (!now) say(`${said.split(":")[0]}: ${document.getElementById("vm-list").dataset.gone}`);
      else if (now.dataset.said !== said) say(now.dataset.said);
    }
    before.clear();
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id === "live") remember(event.detail.target);
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const isOld = target.id === "notices" && all(".notice-error", target).some((notice) => notice.textContent === fragment.textContent);
    if (isUsed(target)) isHeld = true;
    if (isOld || isUsed(target) || (isHeld && target.id === "vm-ask")) event.detail.shouldSwap = false;
    else remember(target);
  });
  // Fields are never swapped, so their mark of being wrong follows the slot beside them.
  document.addEventListener("htmx:oobAfterSwap", () => {
    for (const slot of all(".error-slot")) {
      const isWrong = slot.textContent.trim() !== "";
      for (const field of all(`[aria-describedby~="${slot.id}"]`)) {
        if (isWrong) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
      }
    }
    tellNews();
    reveal();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    tellNews();
    reveal(event.detail.elt);
  });
  document.addEventListener("htmx:sendError", () => notice(document.body.dataset.unreachable));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) notice(document.body.dataset.broken);
  });

  function notice(text) {
    const box = document.getElementById("notices");
    if (box.querySelector("[data-trouble]")) return;
    const made = document.createElement("div");
    made.className = "notice notice-error";
    made.dataset.trouble = "";
    made.textContent = text;
    box.append(made);
    setTimeout(() => made.remove(), 8000);
  }

  // Morphing keeps what a person opened, and the row that one is in.
  if (window.Idiomorph) {
    const callbacks = window.Idiomorph.defaults.callbacks;
    callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");
    callbacks.beforeNodeMorphed = (node, made) => hold(isUsed(node) && !node.isEqualNode(made));
    callbacks.beforeNodeRemoved = (node) => hold(isUsed(node));
  }
  function hold(is) {
    isHeld ||= is;
    return !is;
  }

  reveal();
})();
