// For browsers too old for modules (TVs before about 2018): the page is
// complete as it comes from the server, so loading it again keeps it true.
(function () {
  var tag = document.currentScript;
  var seconds = Number(tag && tag.getAttribute('data-seconds')) || 10;
  setTimeout(function () { location.reload(); }, seconds * 1000);
})();
