/* Texts in UTF-8; Swift sees the functions under their full names, which end in _8. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
