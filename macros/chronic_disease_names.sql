{# Every category of the shipped definitions of severe chronic disease, with the definitions that have it: for columns
   that must stand in a select list whatever definition is chosen. The seed scd_codes is tested to hold the same. #}
{% macro scd_category_definitions() -%}
    {{
        return(
            {
                "cancer": ["R"],
                "blood_immune": ["R"],
                "blood_disorders": ["I"],
                "blood_or_cancer": ["S"],
                "immune_system": ["I", "S"],
                "endocrine_metabolic": ["R"],
                "endocrine": ["I", "S"],
                "nervous_system": ["R"],
                "neurological": ["I", "S"],
                "circulatory": ["R"],
                "cardiovascular": ["I", "S"],
                "respiratory": ["I", "R", "S"],
                "digestive": ["R"],
                "gastrointestinal": ["I", "S"],
                "musculoskeletal": ["I", "R", "S"],
                "genitourinary": ["R"],
                "renal": ["I", "S"],
                "perinatal": ["R"],
                "congenital": ["I", "R"],
                "other_congenital": ["S"],
            }
        )
    }}
{%- endmacro %}

{# The chosen definition of severe chronic disease, scd_definition; one that is not among scd_definitions is an error. #}
{% macro scd_chosen() -%}
    {%- if var("scd_definition") not in var("scd_definitions") -%}
        {{
            exceptions.raise_compiler_error(
                "var 'scd_definition' names none of 'scd_definitions'"
            )
        }}
    {%- endif -%}
    {{ return(var("scd_definition")) }}
{%- endmacro %}
