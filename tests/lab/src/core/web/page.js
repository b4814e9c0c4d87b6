"use strict";
// A list: buttons follow the selection. The server checks the same rules again.
const list = document.getElementById("list");
if (list) {
  const boxes = [...list.querySelectorAll("input[name=elid]")];
  const all = document.getElementById("all");
  const update = () => {
    const picked = boxes.filter((box) => box.checked);
    for (const button of list.querySelectorAll("button[data-needs]")) {
      const needs = button.dataset.needs;
      const enough = needs === "one" ? picked.length === 1 : needs === "some" ? picked.length > 0 : true;
      const off = needs !== "none" && picked.some((box) => box.dataset.off.split(" ").includes(button.value));
      button.disabled = !enough || off;
    }
  };
  if (all) all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  list.addEventListener("change", update);
  update();
}
// A form: a field with setvalues asks the panel for the others; conditions hide fields.
const form = document.getElementById("form");
if (form) {
  const refresh = () => {
    for (const control of form.querySelectorAll("[data-if]")) {
      const value = control.type === "checkbox" ? (control.checked ? "on" : "off") : control.value;
      for (const rule of JSON.parse(control.dataset.if)) {
        const met = rule.empty ? (rule.empty === "yes") === (value === "") : rule.value === value;
        for (const field of form.querySelectorAll(`[data-field="${CSS.escape(rule.hide)}"]`)) field.hidden = met;
      }
    }
  };
  form.addEventListener("change", (event) => {
    refresh();
    if (event.target.dataset.setvalues) {
      form.elements.sok.disabled = true;
      form.elements.sv_field.disabled = false;
      form.elements.sv_field.value = event.target.name;
      form.submit();
    }
  });
  refresh();
}
for (const link of document.querySelectorAll("[data-back]")) {
  link.addEventListener("click", (event) => { if (history.length > 1) { event.preventDefault(); history.back(); } });
}
