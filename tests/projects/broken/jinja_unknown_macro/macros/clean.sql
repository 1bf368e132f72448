{% macro clean_texts(x) %}trim({{ x }}){% endmacro %}
