"""`{{ text|markdown }}`: strangers' Markdown, made safe, headings below an h2."""

from django import template
from django.utils.safestring import SafeString

from marketplace.kit.markdown import render

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    return render(text)
