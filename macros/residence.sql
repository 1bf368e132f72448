{# A condition for a join with the table resident_spells: a spell of the person holds the day, first and last day
   included. Spells of a person do not overlap, so that at most one fits and a left join multiplies no row: a person is
   resident on the day when one was found. With known, only persons count whom a register held on that day already. #}
{% macro is_resident_at(spells, day, known=false) -%}
    {{ day }} between {{ spells }}.resident_from and {{ spells }}.resident_to
    {%- if known %} and {{ spells }}.known_from <= {{ day }} {%- endif -%}
{%- endmacro %}
