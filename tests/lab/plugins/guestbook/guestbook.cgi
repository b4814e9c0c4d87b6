#!/bin/sh
# A handler of type cgi: the input is the form as it came, the output is merged.
set -eu
case "$ACTION_NAME" in
guestbook) echo "<doc><elem><id>1</id><guest>$AUTH_USER</guest></elem></doc>" ;;
vds.edit)
    cat >>var/guestbook.log
    echo '<doc><guests>1</guests></doc>'
    ;;
*) echo '<doc/>' ;;
esac
