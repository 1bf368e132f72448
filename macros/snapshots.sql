{# The value of a column in the newest row of a group; with fill, the newest value that is not missing.
   Written as an aggregate, so that rows already in group and date order are read once, unsorted. #}
{% macro newest(column, date, fill=false) -%}
    last_value({{ column }} order by {{ date }})
    {%- if fill %} filter (where {{ column }} is not null) {%- endif -%}
{%- endmacro %}
