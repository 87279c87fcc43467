// The queue of an office, on another site:
//   <script src="https://…/widget.js" data-lang="vi" async></script>
// puts a frame where it stands. Without scripts, frame https://…/widget itself.
(function () {
  'use strict';
  var me = document.currentScript;
  if (!me) { return; }
  var base = new URL(me.src);
  var lang = me.getAttribute('data-lang') === 'en' ? 'en' : 'vi';
  var frame = document.createElement('iframe');
  frame.src = base.origin + '/widget?lang=' + lang;
  frame.title = lang === 'en' ? 'The queue now' : 'Hàng chờ lúc này';
  frame.loading = 'lazy';
  frame.referrerPolicy = 'no-referrer';
  frame.style.cssText = 'width:100%;max-width:40rem;height:20rem;border:0';
  me.parentNode.insertBefore(frame, me);
  window.addEventListener('message', function (e) {
    if (e.source !== frame.contentWindow || e.origin !== base.origin) { return; }
    var height = Number(e.data && e.data.xinmoiHeight);
    if (height > 0 && height < 5000) { frame.style.height = height + 'px'; }
  });
}());
