<?php
// The same work as the hook's, as a handler is usually written: read, parse, append a line, echo.
$document = stream_get_contents(STDIN);
if (function_exists('simplexml_load_string')) {
    simplexml_load_string($document);
}
$line = getenv('EVENT_TYPE') . ' ' . (int) (microtime(true) * 1000) . ' ' . getmypid() . "\n";
file_put_contents(getenv('RESELLGUARD_ROOT') . '/var/php.log', $line, FILE_APPEND);
echo $document;
